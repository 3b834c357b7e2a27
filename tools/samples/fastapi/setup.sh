python3 -m venv .venv
.venv/bin/pip install --quiet 'fastapi==0.121.2'

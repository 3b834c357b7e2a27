python3 -m venv .venv
.venv/bin/pip install --quiet 'fastapi==0.121.2'
git init --quiet --initial-branch main
git add main.py
git -c user.name=me -c user.email=me@example.com commit --quiet --message "A service"
mv slower.py main.py

python3 -m venv .venv
.venv/bin/pip install --quiet 'django==5.2.8'
.venv/bin/django-admin startproject mysite .

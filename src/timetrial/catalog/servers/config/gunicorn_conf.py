# Named on the command line so that gunicorn does not pick up a gunicorn.conf.py that lies beside
# the app under test. Empty: all settings are in the manifests.

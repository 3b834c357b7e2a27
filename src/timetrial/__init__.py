"""Which server, with which settings, should serve a Python web app, and how sure are we?"""

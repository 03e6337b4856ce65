"""The HTTP interface: `app.create_app(settings)`, one router a file; `problems.py` how errors are answered."""

"""What a deployment may change: settings and logging. Imports nothing of ours.

settings.py   every setting with its default, unit and reason; read from environment, `.env`, TOML
logging.py    structured log lines, to the console and to rotating files
"""

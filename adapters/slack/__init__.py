"""The advisor in Slack: mentions, direct messages, `/advise`, App Home, a shortcut and a form; `app.serve` runs it."""

"""The window; `protocol`, `state` and `files` know no Qt."""

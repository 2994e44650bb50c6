"""A first crm.toml for a folder of files."""

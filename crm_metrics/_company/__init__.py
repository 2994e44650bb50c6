"""A company: its tables, what its CRM cost, its crm.toml and the figures that it kept on paper."""

"""Through whom: accounts, exports, backups and copies compared, another source among them. Pure."""

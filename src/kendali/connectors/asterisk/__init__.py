from kendali.connectors.asterisk.connector import AsteriskConnector

__all__ = ["AsteriskConnector"]

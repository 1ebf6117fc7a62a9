from kendali.connectors.chatwoot.connector import ChatwootConnector

__all__ = ["ChatwootConnector"]

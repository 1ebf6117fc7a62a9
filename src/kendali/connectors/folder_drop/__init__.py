from kendali.connectors.folder_drop.connector import FolderDropConnector

__all__ = ["FolderDropConnector"]

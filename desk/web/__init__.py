"""The front: the pages and the JSON API by which people reach the desk."""

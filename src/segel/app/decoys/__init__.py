"""Makes decoys' images, and sends them in over days through the door that all images come by."""

"""What the API says and takes. Serializers describe; services decide."""

"""The shape of requests and responses of the API. Serializers describe; services decide.

Their docstrings and help texts are printed in the API's documentation.
"""

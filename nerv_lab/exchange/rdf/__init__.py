"""RDF, in and out."""

"""Words and vectors: normalisation of titles and terms, encoders, and the store of vectors that a build keeps."""

"""Tools of every conversion: reading PyTorch's files, building ONNX graphs."""

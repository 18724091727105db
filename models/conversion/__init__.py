"""What every conversion needs: reading PyTorch's files, building ONNX graphs."""

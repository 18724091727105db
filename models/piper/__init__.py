"""Piper: VITS voices, one ONNX file each."""

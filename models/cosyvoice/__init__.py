"""CosyVoice-300M-SFT: text tokens -> speech tokens -> mel -> sound, without torch at run time."""

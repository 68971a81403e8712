"""One module or folder per surface; each turns a platform's deliveries into messages and back."""

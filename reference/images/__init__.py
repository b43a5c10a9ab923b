"""Images: convolution, pooling and upsampling."""

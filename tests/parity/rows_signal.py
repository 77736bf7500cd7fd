"""Fourier transforms."""

from rows import A, row

SUMS = "another order of the sum"
SIZES = [A((2, 8)), A((3, 6)), A((7,)), A((2, 2, 5)), A((1,))]
PLANES = [A((4, 6)), A((2, 3, 5)), A((1, 4))]
row("FFT", lambda tf, x: tf.signal.fft(x), SIZES, "complex", tol=20, why=SUMS)
row("IFFT", lambda tf, x: tf.signal.ifft(x), SIZES, "complex", tol=20, why=SUMS)
row("FFT2D", lambda tf, x: tf.signal.fft2d(x), PLANES, "complex", tol=20, why=SUMS)
row("IFFT2D", lambda tf, x: tf.signal.ifft2d(x), PLANES, "complex", tol=20, why=SUMS)
row("rfft", lambda tf, x, **k: tf.signal.rfft(x, **k), [A((2, 8)), A((2, 7)), A((2, 8), fft_length=[5]), A((2, 3), fft_length=[8])], "float32 float64", ops="FFT", tol=20, why=SUMS, grad=False)
row("irfft", lambda tf, x, **k: tf.signal.irfft(x, **k), [A((2, 5)), A((2, 5), fft_length=[7]), A((2, 3), fft_length=[8])], "complex", ops="IFFT", tol=20, why=SUMS, grad=False)
row("frame", lambda tf, x, **k: tf.signal.frame(x, 4, 3, **k), [A((2, 12)), A((11,), pad_end=True), A((12, 2), axis=0), A((2, 3))], "float32 int32", ops="GatherV2", exact=True)
row("overlap_and_add", lambda tf, x: tf.signal.overlap_and_add(x, 2), [A((4, 3)), A((2, 3, 4))], "float32 float64", ops="UnsortedSegmentSum", tol=4, why=SUMS)

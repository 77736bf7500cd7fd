"""Pictures and sounds as the bytes of files."""

from inputs import integers, spread
from rows import A, row

PICTURES = [A(integers(0, 200)((2, 3, 3))), A(integers(0, 200)((1, 5, 1))), A(integers(0, 200)((4, 1, 2))), A(integers(0, 200)((2, 3, 4, 4))), A(integers(0, 200)((0, 2, 2, 1))),
            A(integers(0, 200)((2, 2, 5)), fails_=True), A(integers(0, 200)((2, 2)), fails_=True)]
row("EncodePng", lambda tf, x: tf.io.encode_png(x), PICTURES, "uint8 uint16", grad=False, exact=True)
row("EncodePng:stored", lambda tf, x: tf.image.encode_png(x, compression=0), [A(integers(0, 200)((3, 4, 1)))], "uint8", grad=False, exact=True)
SOUNDS = [A(spread((5, 2)), rate=44100), A(spread((3, 1)), rate=8000), A(spread((0, 2)), rate=1), A(spread((2, 2)), rate=0, fails_=True),
          A(spread((4,)), rate=1, fails_=True)]
row("EncodeWav", lambda tf, x, rate: tf.audio.encode_wav(x, rate), SOUNDS, "float32", grad=False, exact=True)

"""Where the sample town comes from: one file per noun, put together by make_hehuang.py."""

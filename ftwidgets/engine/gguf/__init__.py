"""Read GGUF, the one-file format of llama.cpp: header, quantised weights, and the Llama and tokenizer inside."""

from ftwidgets.engine.gguf.llama import GgufLlama as GgufLlama
from ftwidgets.engine.gguf.reader import GgufFile as GgufFile
from ftwidgets.engine.gguf.tokenizer import tokenizer_files as tokenizer_files

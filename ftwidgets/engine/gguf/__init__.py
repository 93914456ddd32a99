"""GGUF, the one-file format of llama.cpp: read its header, quantised weights, Llama and tokenizer; write them."""

from ftwidgets.engine.gguf.llama import GgufLlama as GgufLlama
from ftwidgets.engine.gguf.llama import gguf_name as gguf_name
from ftwidgets.engine.gguf.llama import gguf_weight as gguf_weight
from ftwidgets.engine.gguf.llama import llama_metadata as llama_metadata
from ftwidgets.engine.gguf.reader import GgufFile as GgufFile
from ftwidgets.engine.gguf.tokenizer import tokenizer_files as tokenizer_files
from ftwidgets.engine.gguf.tokenizer import tokenizer_metadata as tokenizer_metadata
from ftwidgets.engine.gguf.writer import write_gguf as write_gguf

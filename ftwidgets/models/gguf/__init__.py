"""GGUF, the one-file format of llama.cpp: read its header, quantised weights, Llama and tokenizer; write them."""

from ftwidgets.models.gguf.architecture import GgufLlama as GgufLlama
from ftwidgets.models.gguf.architecture import gguf_name as gguf_name
from ftwidgets.models.gguf.architecture import gguf_weight as gguf_weight
from ftwidgets.models.gguf.architecture import llama_metadata as llama_metadata
from ftwidgets.models.gguf.reader import GgufFile as GgufFile
from ftwidgets.models.gguf.vocabulary import tokenizer_files as tokenizer_files
from ftwidgets.models.gguf.vocabulary import tokenizer_metadata as tokenizer_metadata
from ftwidgets.models.gguf.writer import write_gguf as write_gguf

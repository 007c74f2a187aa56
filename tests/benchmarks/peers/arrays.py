"""NPY and safetensors files of float32 tensors, without NumPy."""

import ast
import ctypes
import json
import struct

import torch


def bytes_of(tensor):
    tensor = tensor.detach().contiguous().float()
    return ctypes.string_at(tensor.data_ptr(), 4 * tensor.numel())


def write_npy(path, tensor):
    header = repr({"descr": "<f4", "fortran_order": False, "shape": tuple(tensor.shape)})
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(bytes_of(tensor))


def read_npy(path):
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack_from("<H", data, 8)[0]
    header = ast.literal_eval(data[10:10 + length].decode())
    assert header["descr"] == "<f4" and not header["fortran_order"], header
    return torch.frombuffer(bytearray(data[10 + length:]), dtype=torch.float32).reshape(header["shape"])


def write_safetensors(path, tensors):
    header, offset = {}, 0
    for name, tensor in tensors.items():
        size = 4 * tensor.numel()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(bytes_of(tensor))


def read_safetensors(path):
    with open(path, "rb") as file:
        data = bytearray(file.read())
    length = struct.unpack_from("<Q", data, 0)[0]
    tensors = {}
    for name, entry in json.loads(data[8:8 + length].decode()).items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        first, last = entry["data_offsets"]
        tensors[name] = torch.frombuffer(data, dtype=torch.float32, offset=8 + length + first,
                                         count=(last - first) // 4).reshape(entry["shape"]) \
            if last > first else torch.empty(entry["shape"])
    return tensors

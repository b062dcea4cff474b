"""Rows for PostgreSQL's binary COPY, put together column by column with NumPy.

As text the database would read every digit of some twenty doubles a row back, which costs it more than all else
in loading results; here the bits are handed over. Layout: PostgreSQL's documentation of COPY, "Binary Format", and
`array_recv` in its sources for arrays.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhike.analytics.slices import Column

START = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
BIGINT, INTEGER, DOUBLE, BOOLEAN = ">i8", ">i4", ">f8", "u1"
DOUBLE_OID, VARCHAR_OID = 701, 1043
_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of bytes of many rows, rows by width, and which of them are used: None says all."""

    content: NDArray[np.uint8]
    is_used: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of many rows: its blocks in order, and how many bytes are used in each row."""

    blocks: tuple[Block, ...]
    sizes: NDArray[np.int64]


def rows(fields: Sequence[Field]) -> bytes:
    """Records of these fields, one a row."""
    count = len(fields[0].sizes)
    blocks = [
        _every(np.array([len(fields)], ">i2"), count),
        *(block for field in fields for block in field.blocks),
    ]
    content = np.concatenate([block.content for block in blocks], axis=1)
    is_used = np.ones(content.shape, np.bool_)
    at = 0
    for block in blocks:
        width = block.content.shape[1]
        if block.is_used is not None:
            is_used[:, at : at + width] = block.is_used
        at += width
    return content[is_used].tobytes()


def number(column: Column, dtype: str) -> Field:
    """A number or boolean of a fixed width; NULL where the column has none."""
    width = np.dtype(dtype).itemsize
    cells = np.empty(len(column.values), [("length", ">i4"), ("value", dtype)])
    cells["length"] = width
    cells["value"] = column.values
    sizes = np.full(len(cells), _LENGTH + width)
    content = _bytes(cells)
    if not column.is_null.any():
        return Field((Block(content),), sizes)
    cells["length"][column.is_null] = -1
    sizes[column.is_null] = _LENGTH
    is_used = np.ones(content.shape, np.bool_)
    is_used[column.is_null, _LENGTH:] = False
    return Field((Block(content, is_used),), sizes)


def word(column: Column) -> Field:
    """A text of the column's words; NULL where it has none."""
    encoded = [each.encode() for each in column.words]
    width = max(map(len, encoded), default=0)
    cells = [struct.pack(">i", len(each)) + each.ljust(width, b"\0") for each in encoded]
    null = struct.pack(">i", -1).ljust(_LENGTH + width, b"\0")
    table = np.frombuffer(b"".join([*cells, null]), np.uint8).reshape(-1, _LENGTH + width)
    sizes = np.array([_LENGTH + len(each) for each in encoded] + [_LENGTH])
    places = np.where(column.is_null, len(encoded), column.values.astype(np.intp))
    is_used = np.arange(_LENGTH + width) < sizes[:, np.newaxis]
    return Field((Block(table[places], is_used[places]),), sizes[places])


def letters(columns: Sequence[Column]) -> Field:
    """A text with one letter from each column, whose words are single ASCII letters. None may be NULL."""
    count = len(columns[0].values)
    spelt = [np.frombuffer("".join(each.words).encode("ascii"), np.uint8)[each.values.astype(np.intp)]
             for each in columns]  # fmt: skip
    blocks = (_every(np.array([len(columns)], ">i4"), count), Block(np.stack(spelt, axis=1)))
    return Field(blocks, np.full(count, _LENGTH + len(columns)))


def array(elements: Sequence[Field], oid: int) -> Field:
    """An array with one element from each field, NULL included. `oid` is the type of an element."""
    head = _every(np.array([1, 1, oid, len(elements), 1], ">i4"), len(elements[0].sizes))
    return _whole(Field((head,), np.full(len(head.content), head.content.shape[1])), elements)


def short_array(elements: Sequence[Field], is_there: NDArray[np.bool_], oid: int) -> Field:
    """An array of those elements that are there (rows by elements); none makes the empty array."""
    count = is_there.sum(axis=1)
    head = np.empty((len(count), 5), ">i4")
    head[:] = [1, 1, oid, 0, 1]
    head[:, 0], head[:, 3] = count > 0, count
    content = _bytes(head)
    is_used = np.ones(content.shape, np.bool_)
    is_used[count == 0, 3 * _LENGTH :] = False  # the empty array has no dimension to describe
    present = [_only(each, is_there[:, at]) for at, each in enumerate(elements)]
    return _whole(Field((Block(content, is_used),), is_used.sum(axis=1)), present)


def _only(field: Field, is_there: NDArray[np.bool_]) -> Field:
    """The field in some rows, nothing in the others."""
    there = is_there[:, np.newaxis]
    blocks = tuple(
        Block(
            block.content,
            np.broadcast_to(there, block.content.shape) & (True if block.is_used is None else block.is_used),
        )
        for block in field.blocks
    )
    return Field(blocks, np.where(is_there, field.sizes, 0))


def _whole(head: Field, parts: Sequence[Field]) -> Field:
    """Parts that make one value, with its length before them."""
    sizes = np.sum([head.sizes, *(part.sizes for part in parts)], axis=0)
    blocks = (
        Block(_bytes(sizes.astype(">i4"))),
        *head.blocks,
        *(block for part in parts for block in part.blocks),
    )
    return Field(blocks, _LENGTH + sizes)


def _every(cells: NDArray[np.generic], count: int) -> Block:
    """The same bytes in every row."""
    return Block(np.broadcast_to(cells.view(np.uint8), (count, cells.nbytes)))


def _bytes(cells: NDArray[np.generic]) -> NDArray[np.uint8]:
    """The bytes of an array, one row for each of its own."""
    return cells.view(np.uint8).reshape(len(cells), -1)

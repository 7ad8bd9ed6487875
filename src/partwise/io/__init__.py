"""Matrices from files and tables to files, with their labels.

``read`` knows .csv, .tsv, .txt (also .gz), .npy, .npz, .mtx (also .gz), .parquet and .xlsx; ``write_table`` writes
.csv, .tsv and .npz. ``read_pictures`` makes one stack of a folder or file of pictures, ``read_records`` a table of
strings of what holds text, ``read_cells`` counts of single cells, ``read_sound`` samples of a recording; ``midi_bytes``
and ``wav_bytes`` write sound. Nothing here knows what numbers or words are for.
"""

from partwise.io.cells import Cells, as_cells, read_cells, to_anndata
from partwise.io.files import content_hash
from partwise.io.midi import midi_bytes
from partwise.io.pictures import png_bytes, read_pictures
from partwise.io.read import Matrix, read
from partwise.io.records import Records, read_records
from partwise.io.sound import SOUND_SUFFIXES, Sound, as_sound, read_sound, wav_bytes
from partwise.io.stacks import Pictures, as_pictures
from partwise.io.tables import write_table

__all__ = [
    "Cells",
    "Matrix",
    "Pictures",
    "Records",
    "SOUND_SUFFIXES",
    "Sound",
    "as_cells",
    "as_pictures",
    "as_sound",
    "content_hash",
    "midi_bytes",
    "png_bytes",
    "read",
    "read_cells",
    "read_pictures",
    "read_records",
    "read_sound",
    "wav_bytes",
    "to_anndata",
    "write_table",
]

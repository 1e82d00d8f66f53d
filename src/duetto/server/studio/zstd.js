// Decompresses a Zstandard frame (RFC 8878), because browsers do not. Written for the small chunks of a recording.

/** @typedef {{ log: number, symbol: Uint8Array, bits: Uint8Array, base: Uint16Array }} Fse */
/** @typedef {{ log: number, symbol: Uint8Array, bits: Uint8Array }} Huffman */

const MAGIC = 0xfd2fb528;
const MOST_BYTES = 256 * 2 ** 20;
const MOST_BLOCK = 128 * 1024;

// Of each code of a literals length and a match length: its smallest value, and the bits that are added to it.
const LITERALS_BASE = [...range(16), 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536];
const LITERALS_BITS = [...range(16).fill(0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const MATCH_BASE = [...range(32).map((v) => v + 3), 35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539];
const MATCH_BITS = [...range(32).fill(0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

const LITERALS_USUAL = fseTable([4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1], 6);
const OFFSET_USUAL = fseTable([1, 1, 1, 1, 1, 1, 2, 2, 2, ...range(15).fill(1), -1, -1, -1, -1, -1], 5);
const MATCH_USUAL = fseTable([1, 4, 3, 2, 2, 2, 2, 2, 2, ...range(37).fill(1), -1, -1, -1, -1, -1, -1, -1], 6);

/** @param {number} count */
function range(count) {
  return Array.from({ length: count }, (_, place) => place);
}

/** @param {string} what @returns {never} */
function damaged(what) {
  throw new Error(`Damaged compressed data: ${what}.`);
}

/** @param {number} value above 0 */
function highBit(value) {
  return 31 - Math.clz32(value);
}

/**
 * The bytes of one frame. size: how many they are known to be.
 * @param {Uint8Array} data
 * @param {number} size
 * @returns {Uint8Array} throws Error for damaged data
 */
export function decompress(data, size) {
  if (!(size >= 0 && size <= MOST_BYTES)) damaged(`it claims ${size} bytes`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 6 || view.getUint32(0, true) !== MAGIC) damaged("no frame");
  const descriptor = byte(data, 4);
  const single = (descriptor & 0x20) !== 0;
  if ((descriptor & 3) !== 0) damaged("it wants a dictionary");
  let at = 5 + (single ? 0 : 1);
  at += [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const frame = new Frame(new Uint8Array(size));
  for (let last = false; !last; ) {
    if (at + 3 > data.length) damaged("cut off");
    const header = byte(data, at) | (byte(data, at + 1) << 8) | (byte(data, at + 2) << 16);
    at += 3;
    last = (header & 1) === 1;
    const length = header >> 3;
    const kind = (header >> 1) & 3;
    const stored = kind === 1 ? 1 : length;
    if (length > MOST_BLOCK || at + stored > data.length) damaged("cut off in a block");
    const block = data.subarray(at, at + stored);
    at += stored;
    if (kind === 0) frame.put(block);
    else if (kind === 1) frame.put(new Uint8Array(length).fill(byte(block, 0)));
    else if (kind === 2) frame.block(block);
    else damaged("an unknown kind of block");
  }
  if (frame.count !== size) damaged(`${frame.count} bytes instead of ${size}`);
  return frame.out;
}

/**
 * @param {Uint8Array} data
 * @param {number} at
 */
function byte(data, at) {
  return data[at] ?? damaged("cut off");
}

class Frame {
  /** @param {Uint8Array} out */
  constructor(out) {
    this.out = out;
    this.count = 0;
    /** @type {Huffman | null} */
    this._huffman = null;
    /** @type {(Fse | null)[]} tables of literals lengths, offsets, match lengths */
    this._tables = [null, null, null];
    this._offsets = [1, 4, 8];
  }

  /** @param {Uint8Array} bytes */
  put(bytes) {
    if (this.count + bytes.length > this.out.length) damaged("longer than it says");
    this.out.set(bytes, this.count);
    this.count += bytes.length;
  }

  /** @param {Uint8Array} block */
  block(block) {
    const { literals, at } = this._literals(block);
    let place = at;
    let sequences = byte(block, place++);
    if (sequences === 0) return this.put(literals);
    if (sequences === 255) {
      sequences = byte(block, place) + (byte(block, place + 1) << 8) + 0x7f00;
      place += 2;
    } else if (sequences >= 128) sequences = ((sequences - 128) << 8) + byte(block, place++);
    const modes = byte(block, place++);
    const usual = [LITERALS_USUAL, OFFSET_USUAL, MATCH_USUAL];
    const most = [9, 8, 9];
    for (let which = 0; which < 3; which += 1) {
      const mode = (modes >> (6 - 2 * which)) & 3;
      if (mode === 0) this._tables[which] = usual[which] ?? null;
      else if (mode === 1) this._tables[which] = { log: 0, symbol: Uint8Array.of(byte(block, place++)), bits: new Uint8Array(1), base: new Uint16Array(1) };
      else if (mode === 2) {
        const read = readFse(block, place, most[which] ?? 9);
        this._tables[which] = read.table;
        place = read.at;
      }
    }
    return this._sequences(new Backward(block.subarray(place)), sequences, literals);
  }

  /**
   * @param {Backward} bits
   * @param {number} sequences
   * @param {Uint8Array} literals
   */
  _sequences(bits, sequences, literals) {
    const [literalsTable, offsetTable, matchTable] = this._tables;
    if (!literalsTable || !offsetTable || !matchTable) return damaged("no tables");
    let literalsState = bits.read(literalsTable.log);
    let offsetState = bits.read(offsetTable.log);
    let matchState = bits.read(matchTable.log);
    let used = 0;
    for (let left = sequences; left > 0; left -= 1) {
      const offsetCode = value(offsetTable.symbol, offsetState);
      if (offsetCode > 31) damaged("an offset too large");
      const offset = 2 ** offsetCode + bits.read(offsetCode);
      const matchCode = value(matchTable.symbol, matchState);
      const match = value(MATCH_BASE, matchCode) + bits.read(value(MATCH_BITS, matchCode));
      const literalsCode = value(literalsTable.symbol, literalsState);
      const length = value(LITERALS_BASE, literalsCode) + bits.read(value(LITERALS_BITS, literalsCode));
      if (used + length > literals.length) damaged("too few literals");
      this.put(literals.subarray(used, used + length));
      used += length;
      this._copy(this._distance(offset, length), match);
      if (left === 1) break;
      literalsState = value(literalsTable.base, literalsState) + bits.read(value(literalsTable.bits, literalsState));
      matchState = value(matchTable.base, matchState) + bits.read(value(matchTable.bits, matchState));
      offsetState = value(offsetTable.base, offsetState) + bits.read(value(offsetTable.bits, offsetState));
    }
    if (bits.left !== 0) damaged("its sequences do not end where they should");
    this.put(literals.subarray(used));
  }

  /**
   * How far back a match is; the values 1 to 3 mean one of the last three distances.
   * @param {number} offset
   * @param {number} literals
   */
  _distance(offset, literals) {
    const last = /** @type {[number, number, number]} */ (this._offsets);
    if (offset > 3) {
      this._offsets = [offset - 3, last[0], last[1]];
      return offset - 3;
    }
    const which = offset - 1 + (literals === 0 ? 1 : 0);
    const distance = which === 3 ? last[0] - 1 : value(last, which);
    if (which === 1) this._offsets = [distance, last[0], last[2]];
    else if (which > 1) this._offsets = [distance, last[0], last[1]];
    return distance;
  }

  /**
   * @param {number} distance
   * @param {number} length
   */
  _copy(distance, length) {
    const { out } = this;
    let from = this.count - distance;
    if (distance < 1 || from < 0 || this.count + length > out.length) damaged("a match outside");
    const end = this.count + length;
    if (distance >= length) out.copyWithin(this.count, from, from + length);
    else for (let to = this.count; to < end; to += 1) out[to] = /** @type {number} */ (out[from++]);
    this.count = end;
  }

  /** @param {Uint8Array} block */
  _literals(block) {
    const first = byte(block, 0);
    const kind = first & 3;
    const form = (first >> 2) & 3;
    if (kind < 2) {
      const bytes = form === 1 ? 2 : form === 3 ? 3 : 1;
      let size = first >> (bytes === 1 ? 3 : 4);
      if (bytes > 1) size |= byte(block, 1) << 4;
      if (bytes > 2) size |= byte(block, 2) << 12;
      if (size > MOST_BLOCK) damaged("too many literals");
      if (kind === 1) return { literals: new Uint8Array(size).fill(byte(block, bytes)), at: bytes + 1 };
      if (bytes + size > block.length) damaged("cut off in its literals");
      return { literals: block.subarray(bytes, bytes + size), at: bytes + size };
    }
    const bytes = form < 2 ? 3 : form + 2;
    const width = form < 2 ? 10 : form === 2 ? 14 : 18;
    let header = 0;
    for (let place = bytes - 1; place >= 0; place -= 1) header = header * 256 + byte(block, place);
    const size = Math.floor(header / 16) % 2 ** width;
    const stored = Math.floor(header / 2 ** (4 + width)) % 2 ** width;
    if (size > MOST_BLOCK || bytes + stored > block.length) damaged("cut off in its literals");
    let coded = block.subarray(bytes, bytes + stored);
    if (kind === 2) {
      const tree = readHuffman(coded);
      this._huffman = tree.table;
      coded = coded.subarray(tree.at);
    }
    if (this._huffman === null) return damaged("no Huffman table");
    return { literals: huffman(this._huffman, coded, size, form === 0 ? 1 : 4), at: bytes + stored };
  }
}

/**
 * @param {ArrayLike<number>} table
 * @param {number} at
 */
function value(table, at) {
  const found = table[at];
  return found === undefined ? damaged("a code out of its range") : found;
}

/** Bits from the end of some bytes to their start; before the start they are 0. */
class Backward {
  /** @param {Uint8Array} data */
  constructor(data) {
    this._data = data;
    const last = data[data.length - 1] ?? 0;
    if (last === 0) damaged("no end mark");
    this.left = 8 * (data.length - 1) + highBit(last);
  }

  /**
   * @param {number} count at most 32
   * @returns {number}
   */
  read(count) {
    if (count > 16) return this.read(count - 16) * 65536 + this.read(16);
    this.left -= count;
    return this._peek(count);
  }

  /** @param {number} count */
  _peek(count) {
    const at = this.left;
    if (count === 0) return 0;
    const place = at >> 3;
    const data = this._data;
    const bits = (data[place] ?? 0) | ((data[place + 1] ?? 0) << 8) | ((data[place + 2] ?? 0) << 16);
    return (bits >> (at & 7)) & ((1 << count) - 1);
  }
}

/**
 * @param {number[]} shares how often each symbol comes; -1: less than once
 * @param {number} log
 * @returns {Fse}
 */
function fseTable(shares, log) {
  const size = 1 << log;
  const symbol = new Uint8Array(size);
  const next = shares.map((share) => (share === -1 ? 1 : share));
  let high = size;
  shares.forEach((share, which) => {
    if (share === -1) symbol[--high] = which;
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let place = 0;
  shares.forEach((share, which) => {
    for (let count = 0; count < share; count += 1) {
      symbol[place] = which;
      do place = (place + step) & (size - 1);
      while (place >= high);
    }
  });
  if (place !== 0) damaged("its shares do not fill their table");
  const bits = new Uint8Array(size);
  const base = new Uint16Array(size);
  for (let state = 0; state < size; state += 1) {
    const which = value(symbol, state);
    const number = value(next, which);
    next[which] = number + 1;
    bits[state] = log - highBit(number);
    base[state] = (number << value(bits, state)) - size;
  }
  return { log, symbol, bits, base };
}

/**
 * @param {Uint8Array} data
 * @param {number} start
 * @param {number} mostLog
 */
function readFse(data, start, mostLog) {
  let bit = start * 8;
  const peek = (/** @type {number} */ count) => {
    const place = bit >> 3;
    const bits = (data[place] ?? 0) | ((data[place + 1] ?? 0) << 8) | ((data[place + 2] ?? 0) << 16);
    return (bits >> (bit & 7)) & ((1 << count) - 1);
  };
  const log = peek(4) + 5;
  bit += 4;
  if (log > mostLog) damaged("a table too large");
  /** @type {number[]} */
  const shares = [];
  let remaining = 1 << log;
  while (remaining > 0) {
    // Values that cannot be so large any more take one bit less.
    const width = highBit(remaining + 1) + 1;
    const spare = (1 << width) - 2 - remaining;
    const low = peek(width - 1);
    let coded = peek(width);
    if (low < spare) {
      coded = low;
      bit += width - 1;
    } else {
      if (coded >= 1 << (width - 1)) coded -= spare;
      bit += width;
    }
    const share = coded - 1;
    remaining -= Math.abs(share);
    shares.push(share);
    if (share === 0) {
      let more = 3;
      while (more === 3) {
        more = peek(2);
        bit += 2;
        for (let count = 0; count < more; count += 1) shares.push(0);
      }
    }
    if (shares.length > 256 || bit > data.length * 8) damaged("a table cut off");
  }
  if (remaining < 0) damaged("a table too full");
  return { table: fseTable(shares, log), at: (bit + 7) >> 3 };
}

/** @param {Uint8Array} data */
function readHuffman(data) {
  const header = byte(data, 0);
  /** @type {number[]} */
  const weights = [];
  let at = 1;
  if (header >= 128) {
    const count = header - 127;
    for (let place = 0; place < count; place += 1) {
      const pair = byte(data, 1 + (place >> 1));
      weights.push(place % 2 === 0 ? pair >> 4 : pair & 15);
    }
    at += (count + 1) >> 1;
  } else {
    at += header;
    if (at > data.length) damaged("a tree cut off");
    const read = readFse(data.subarray(0, at), 1, 6);
    const bits = new Backward(data.subarray(read.at, at));
    const { table } = read;
    let [now, other] = [bits.read(table.log), bits.read(table.log)];
    for (;;) {
      weights.push(value(table.symbol, now));
      if (weights.length > 255) damaged("a tree too large");
      const next = value(table.base, now) + bits.read(value(table.bits, now));
      if (bits.left < 0) {
        weights.push(value(table.symbol, other));
        break;
      }
      [now, other] = [other, next];
    }
  }
  return { table: huffmanTable(weights), at };
}

/**
 * @param {number[]} weights of all symbols but the last, whose weight makes the sum a power of two
 * @returns {Huffman}
 */
function huffmanTable(weights) {
  const sum = weights.reduce((total, weight) => total + (weight > 0 ? 2 ** (weight - 1) : 0), 0);
  if (sum === 0) damaged("an empty tree");
  const log = highBit(sum) + 1;
  const rest = 2 ** log - sum;
  if (log > 11 || (rest & (rest - 1)) !== 0) damaged("a tree that does not add up");
  const all = [...weights, highBit(rest) + 1];
  const symbol = new Uint8Array(1 << log);
  const bits = new Uint8Array(1 << log);
  let place = 0;
  for (let weight = 1; weight <= log; weight += 1) {
    all.forEach((its, which) => {
      if (its !== weight) return;
      const end = place + 2 ** (weight - 1);
      symbol.fill(which, place, end);
      bits.fill(log + 1 - weight, place, end);
      place = end;
    });
  }
  return { log, symbol, bits };
}

/**
 * @param {Huffman} table
 * @param {Uint8Array} coded
 * @param {number} size
 * @param {1 | 4} streams
 */
function huffman(table, coded, size, streams) {
  const out = new Uint8Array(size);
  if (streams === 1) {
    stream(table, coded, out);
    return out;
  }
  const part = (size + 3) >> 2;
  if (coded.length < 6 || part * 3 > size) damaged("streams cut off");
  let from = 6;
  for (let which = 0; which < 4; which += 1) {
    const length = which < 3 ? byte(coded, 2 * which) | (byte(coded, 2 * which + 1) << 8) : coded.length - from;
    if (from + length > coded.length) damaged("streams cut off");
    stream(table, coded.subarray(from, from + length), out.subarray(which * part, which < 3 ? (which + 1) * part : size));
    from += length;
  }
  return out;
}

/**
 * @param {Huffman} table
 * @param {Uint8Array} coded
 * @param {Uint8Array} out
 */
function stream({ log, symbol, bits }, coded, out) {
  const reader = new Backward(coded);
  let state = reader.read(log);
  const mask = (1 << log) - 1;
  for (let place = 0; place < out.length; place += 1) {
    const length = value(bits, state);
    out[place] = value(symbol, state);
    state = ((state << length) & mask) | reader.read(length);
  }
  if (reader.left !== -log) damaged("a stream that does not end where it should");
}

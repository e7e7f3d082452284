/**
 * The messages by which a name server is asked to add and remove TXT records: DNS UPDATE (RFC 2136)
 * signed by TSIG with HMAC-SHA-256 (RFC 8945). Pure: bytes in, bytes out.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

export interface TsigKey {
  readonly name: string
  readonly secret: Buffer
}

export interface RecordChange {
  readonly action: 'add' | 'remove'
  /** Absolute, with or without the last dot. */
  readonly name: string
  readonly value: string
}

export interface UpdateMessage {
  readonly bytes: Buffer
  readonly mac: Buffer
}

const classes = { in: 1, none: 254, any: 255 } as const
const types = { soa: 6, txt: 16, tsig: 250 } as const
const opcodeUpdate = 5
const fudgeSeconds = 300
/** Long enough for every resolver to have asked once, short enough to be forgotten soon. */
const ttlSeconds = 30
const algorithm = 'hmac-sha256'

export function renderUpdate(
  { zone, changes }: { readonly zone: string; readonly changes: readonly RecordChange[] },
  key: TsigKey,
  { id, seconds }: { readonly id: number; readonly seconds: number },
): UpdateMessage {
  const header = [id, opcodeUpdate << 11, 1, 0, changes.length, 0].map(uint16)
  const zoneSection = [renderName(zone), uint16(types.soa), uint16(classes.in)]
  const message = Buffer.concat([...header, ...zoneSection, ...changes.map(renderChange)])
  const mac = createHmac('sha256', key.secret)
    .update(message)
    .update(signedVariables(key, seconds, 0))
    .digest()
  const tsig = Buffer.concat([
    renderName(algorithm),
    uint48(seconds),
    uint16(fudgeSeconds),
    uint16(mac.length),
    mac,
    uint16(id),
    uint16(0),
    uint16(0),
  ])
  const record = renderRecord(key.name, {
    type: types.tsig,
    class: classes.any,
    ttl: 0,
    data: tsig,
  })
  const bytes = Buffer.concat([message, record])
  bytes.writeUInt16BE(1, 10)
  return { bytes, mac }
}

const outcomes = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
] as const

/**
 * The name of the answer's code, such as `NOERROR` or `REFUSED`. Throws where it answers another
 * question, or where a `NOERROR` is not signed by the key.
 */
export function readOutcome(answer: Buffer, asked: UpdateMessage, key: TsigKey): string {
  if (answer.length < 12 || answer.readUInt16BE(0) !== asked.bytes.readUInt16BE(0)) {
    throw new Error('the name server answered another question')
  }
  const code = answer.readUInt8(3) & 15
  const outcome = outcomes[code] ?? `error ${code}`
  if (outcome === 'NOERROR') requireSigned(answer, asked, key)
  return outcome
}

/** RFC 8945, section 5.3: an answer is signed over the question's MAC and itself. */
function requireSigned(answer: Buffer, asked: UpdateMessage, key: TsigKey): void {
  const found = findLastRecord(answer)
  if (found === null || found.type !== types.tsig) throw unsigned()
  const { start, data } = found
  const at = skipName(data, 0)
  const seconds = data.readUIntBE(at, 6)
  const macLength = data.readUInt16BE(at + 8)
  const mac = data.subarray(at + 10, at + 10 + macLength)
  const error = data.readUInt16BE(at + 10 + macLength + 2)
  const message = Buffer.from(answer.subarray(0, start))
  message.writeUInt16BE(message.readUInt16BE(10) - 1, 10)
  const expected = createHmac('sha256', key.secret)
    .update(uint16(asked.mac.length))
    .update(asked.mac)
    .update(message)
    .update(signedVariables(key, seconds, error))
    .digest()
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) throw unsigned()
}

function unsigned(): Error {
  return new Error('the answer of the name server is not signed by the key')
}

function signedVariables(key: TsigKey, seconds: number, error: number): Buffer {
  return Buffer.concat([
    renderName(key.name.toLowerCase()),
    uint16(classes.any),
    uint32(0),
    renderName(algorithm),
    uint48(seconds),
    uint16(fudgeSeconds),
    uint16(error),
    uint16(0),
  ])
}

function renderChange({ action, name, value }: RecordChange): Buffer {
  const text = Buffer.from(value, 'ascii')
  if (text.length > 255) throw new Error('a text of more than 255 bytes does not fit a record')
  const data = Buffer.concat([Buffer.from([text.length]), text])
  const isAdded = action === 'add'
  return renderRecord(name, {
    type: types.txt,
    class: isAdded ? classes.in : classes.none,
    ttl: isAdded ? ttlSeconds : 0,
    data,
  })
}

interface RecordParts {
  readonly type: number
  readonly class: number
  readonly ttl: number
  readonly data: Buffer
}

function renderRecord(name: string, parts: RecordParts): Buffer {
  return Buffer.concat([
    renderName(name),
    uint16(parts.type),
    uint16(parts.class),
    uint32(parts.ttl),
    uint16(parts.data.length),
    parts.data,
  ])
}

function renderName(name: string): Buffer {
  const labels = name.replace(/\.$/, '').split('.').filter(Boolean)
  const parts = labels.map((label) => {
    const bytes = Buffer.from(label, 'ascii')
    if (bytes.length === 0 || bytes.length > 63) throw new Error(`no name of a record: ${name}`)
    return Buffer.concat([Buffer.from([bytes.length]), bytes])
  })
  return Buffer.concat([...parts, Buffer.from([0])])
}

/** The last record of all sections, where TSIG stands. Null where the message is cut short. */
function findLastRecord(
  message: Buffer,
): { readonly start: number; readonly type: number; readonly data: Buffer } | null {
  try {
    const [questions = 0, ...others] = [4, 6, 8, 10].map((at) => message.readUInt16BE(at))
    let at = 12
    for (let index = 0; index < questions; index += 1) at = skipName(message, at) + 4
    let last = null
    for (let count = others.reduce((sum, each) => sum + each, 0); count > 0; count -= 1) {
      const fields = skipName(message, at)
      const end = fields + 10 + message.readUInt16BE(fields + 8)
      last = {
        start: at,
        type: message.readUInt16BE(fields),
        data: message.subarray(fields + 10, end),
      }
      at = end
    }
    return last
  } catch {
    return null
  }
}

/** Where a name ends that begins at `at` (RFC 1035, section 4.1.4). */
function skipName(message: Buffer, at: number): number {
  for (let position = at; ;) {
    const length = message.readUInt8(position)
    if (length === 0) return position + 1
    if (length >= 0xc0) return position + 2
    position += length + 1
  }
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function uint48(value: number): Buffer {
  const bytes = Buffer.alloc(6)
  bytes.writeUIntBE(value, 0, 6)
  return bytes
}

/** What a person types, or another program pipes: lines of standard input. */
import { SlipwayError } from '../domain/errors.ts'

export interface Input extends AsyncIterable<Buffer | string> {
  readonly isTTY?: boolean
  readonly setRawMode?: (isRaw: boolean) => unknown
  readonly pause: () => unknown
}

/** Ctrl-C, where the terminal hands it over as a character. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

const inputBytesMax = 1024 ** 2

/** All of standard input without the line end that closes it. */
export async function readPiped(input: Input): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of input) {
    const chunk = Buffer.from(part)
    bytes += chunk.length
    if (bytes > inputBytesMax) {
      throw new SlipwayError('command_misused', {
        problem: 'Standard input is too long.',
        remedy: `At most ${inputBytesMax / 1024} kB are read.`,
      })
    }
    parts.push(chunk)
  }
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

/** Asks on a terminal and shows nothing of what is typed; elsewhere takes what is piped. */
export async function readHidden(
  question: string,
  { input, write }: { readonly input: Input; readonly write: (text: string) => void },
): Promise<string> {
  if (input.isTTY !== true) return readPiped(input)
  // First, so that nothing is shown of what is typed as soon as the question is read.
  input.setRawMode?.(true)
  try {
    write(question)
    return await readTyped(input)
  } finally {
    input.setRawMode?.(false)
    input.pause()
    write('\n')
  }
}

/** Asks on a terminal for one line that may be seen. */
export async function readShown(
  question: string,
  { input, write }: { readonly input: Input; readonly write: (text: string) => void },
): Promise<string> {
  write(question)
  let line = ''
  for await (const part of input) {
    line += String(part)
    if (line.includes('\n')) break
  }
  input.pause()
  return line.split('\n')[0]?.trim() ?? ''
}

async function readTyped(input: Input): Promise<string> {
  let typed: string[] = []
  for await (const part of input) {
    for (const letter of String(part)) {
      if (letter === '\r' || letter === '\n' || letter === '\u0004') return typed.join('')
      if (letter === '\u0003') throw new Interrupted()
      if (letter === '\u007f' || letter === '\b') typed.pop()
      else if (letter === '\u0015') typed = []
      else typed.push(letter)
    }
  }
  return typed.join('')
}

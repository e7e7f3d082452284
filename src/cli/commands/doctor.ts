/** `slipway doctor`: what works on the server, what does not, and what to do. */
import { type CommandRow, writeJson } from '../command.ts'
import { exitCodes } from '../exit-code.ts'
import { isRecord, readText } from '../json.ts'
import { toPlainLine } from '../plain-text.ts'
import type { Style } from '../terminal.ts'

const marks: Readonly<Record<string, readonly [mark: string, style: Style]>> = {
  good: ['✓', 'green'],
  warning: ['!', 'yellow'],
  problem: ['✗', 'red'],
}

export const doctor: CommandRow = {
  usage: 'doctor',
  group: 'Look:',
  summary: 'says what works on the server, what does not, and what to do',
  about: 'Needs the admin token. Ends with 1 where something does not work.',
  options: [],
  examples: [
    ['doctor', 'one line a check'],
    ['doctor --json', 'as GET …/doctor answers'],
  ],
  run: async (call) => {
    const { session, terminal } = call
    const api = await session.connect()
    const answer = await api.get('/doctor')
    const listed = answer['findings']
    const findings = Array.isArray(listed) ? listed.filter(isRecord) : []
    const isWell = findings.every((finding) => readText(finding, 'state') !== 'problem')
    if (call.isJson) writeJson(call, answer)
    for (const finding of call.isJson ? [] : findings) {
      const [mark, style] = marks[readText(finding, 'state') ?? ''] ?? ['?', 'yellow']
      const name = toPlainLine(readText(finding, 'check') ?? '').padEnd(12)
      const detail = toPlainLine(readText(finding, 'detail') ?? '')
      terminal.out(`  ${terminal.paintOut(style, mark)} ${name}  ${detail}\n`)
      const remedy = readText(finding, 'remedy')
      if (remedy !== null) terminal.out(`${' '.repeat(18)}${toPlainLine(remedy)}\n`)
    }
    return isWell ? exitCodes.done : exitCodes.failed
  },
}

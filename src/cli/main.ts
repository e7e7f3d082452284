#!/usr/bin/env node
/**
 * The process of the command `slipway`: reads the environment, ends quietly at Ctrl-C and where
 * nobody reads on, and sets the exit code.
 */
import { homedir } from 'node:os'
import manifest from '../../package.json' with { type: 'json' }
import { exitCodes } from './exit-code.ts'
import { runCli } from './run-cli.ts'
import { Terminal } from './terminal.ts'

const terminal = new Terminal(
  { out: openOnce(() => process.stdout), err: openOnce(() => process.stderr) },
  process.env,
)

let beforeEnd: (() => Promise<void>) | null = null
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // Once: who asks again has no patience.
  process.once(signal, () => {
    terminal.note('')
    // A shell is told that it was Ctrl-C by the signal itself.
    const end = (): unknown => process.kill(process.pid, signal)
    if (beforeEnd === null) end()
    else void beforeEnd().then(end, end)
  })
}

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  folder: process.cwd(),
  homeDir: homedir(),
  terminal,
  openInput: () => process.stdin,
  beforeEnd: (end) => {
    beforeEnd = end
  },
  version: manifest.version,
})

function openOnce(open: () => NodeJS.WriteStream): () => NodeJS.WriteStream {
  let opened: NodeJS.WriteStream | null = null
  return () => {
    opened ??= open().on('error', (error: NodeJS.ErrnoException) => {
      // `slipway projects | head`: the reader has what it wanted.
      if (error.code === 'EPIPE') process.exit(exitCodes.done)
      throw error
    })
    return opened
  }
}

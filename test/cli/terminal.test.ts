/** What is different where a person looks on: colours, prompts, a line that is rewritten. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Terminal } from '../../src/cli/terminal.ts'
import { runCommand, systemPath } from '../../src/machine/run-command.ts'
import { cliProgram, type CliUser, makeCliUser } from '../tools/cli.ts'
import { findFreePort } from '../tools/free-port.ts'
import { patienceMs } from '../tools/patience.ts'

const token = `slw_${'t'.repeat(43)}`
const project = {
  slug: 'harbour',
  name: 'Harbour',
  status: 'failed',
  frontend_url: 'http://harbour.localhost',
  deployment: { number: 2, status: 'failed', created_at: '2026-01-01T00:00:00Z' },
}

let ada: CliUser
let server: Server
let url: string
let answer: (request: IncomingMessage, response: ServerResponse) => void
beforeEach(async () => {
  ada = await makeCliUser()
  answer = (_request, response) => {
    response.end(JSON.stringify({ results: [project], next: null }))
  }
  server = createServer((request, response) => {
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await ada[Symbol.asyncDispose]()
})

function environment(): Readonly<Record<string, string>> {
  return { SLIPWAY_URL: url, SLIPWAY_TOKEN: token }
}

test('a terminal gets colours, and none where NO_COLOR is set or it can show none', async () => {
  const coloured = await ada.runOnTerminal(['projects'], { environment: environment() })
  expect(coloured.stdout).toContain('\u001b[31mfailed\u001b[39m')
  for (const more of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
    const plain = await ada.runOnTerminal(['projects'], {
      environment: { ...environment(), ...more },
    })
    expect(plain.stdout).toContain('failed')
    expect(plain.stdout).not.toContain('\u001b')
  }
})

test('a pipe gets none', async () => {
  const piped = await ada.run(['projects'], { environment: environment() })
  expect(piped.stdout).toContain('failed')
  expect(piped.stdout).not.toContain('\u001b')
})

test('login asks for the token and does not show it', async () => {
  const { stdout, exitCode } = await ada.runOnTerminal(['login', url], {
    typing: { after: 'Token for', text: `wrong\u0015${token}x\u007f\r` },
  })
  expect(exitCode).toBe(0)
  expect(stdout).toContain(`Token for ${url}: `)
  expect(stdout).toContain('Logged in')
  expect(stdout.replaceAll('\r', '')).not.toMatch(/slw_t|wrong/)
  expect(await readFile(ada.loginsFile, 'utf8')).toContain(`"${token}"`)
})

test('Ctrl-C at the prompt ends it without a word', async () => {
  const { stdout, exitCode } = await ada.runOnTerminal(['login', url], {
    typing: { after: 'Token for', text: 'slw_\u0003' },
  })
  expect(exitCode).toBe(130)
  expect(stdout.replaceAll('\r', '').trimEnd()).toBe(`Token for ${url}:`)
})

test('a deployment that is waited for has a line that says what goes on', async () => {
  answer = ({ method, url: path = '' }, response) => {
    if (method === 'POST') {
      response.writeHead(202, { location: '/api/v1/runtime/projects/harbour/deployments/3/' })
      response.end('{}')
    } else if (path.includes('/logs')) {
      const event = { deployment: 3, at: '2026-01-01T00:00:00Z', stream: null, text: '' }
      const events = [
        { ...event, seq: 1, step: 'build', status: 'in_progress' },
        { ...event, seq: 2, step: 'build', status: 'completed', text: '→ dist  (0.5 s)' },
      ]
      response.end(events.map((one) => `${JSON.stringify(one)}\n`).join(''))
    } else response.end(JSON.stringify({ number: 3, status: 'completed' }))
  }
  const shown = await ada.runOnTerminal(['redeploy', 'harbour'], { environment: environment() })
  expect(shown.exitCode).toBe(0)
  expect(shown.stdout).toContain('… v3 build  0 s')
  expect(shown.stdout).toContain('\r\u001b[K  \u001b[32m✓\u001b[39m build       → dist  (0.5 s)')
  expect(shown.stdout.endsWith('\r\u001b[K')).toBe(true)
  const piped = await ada.run(['redeploy', 'harbour'], { environment: environment() })
  expect(piped).toMatchObject({ stdout: '  ✓ build       → dist  (0.5 s)\n', stderr: '' })
})

test('a project is deleted where its name is typed once more, and no other', async () => {
  const deleted: string[] = []
  answer = ({ method = '', url: path = '' }, response) => {
    if (method === 'DELETE') deleted.push(path)
    response.end(JSON.stringify(project))
  }
  const type = (text: string) =>
    ada.runOnTerminal(['delete', 'harbour'], {
      environment: environment(),
      typing: { after: 'Type harbour to go on: ', text },
    })
  const mistaken = await type('harbor\r')
  expect(mistaken.exitCode).toBe(2)
  expect(mistaken.stdout).toContain('Nothing was deleted.')
  expect(deleted).toEqual([])
  expect((await type('harbour\r')).exitCode).toBe(0)
  expect(deleted).toEqual(['/api/v1/runtime/projects/harbour/'])
})

test('open starts a browser on a terminal and nowhere else', async () => {
  const asked = join(ada.homeDir, 'asked')
  const browser = join(ada.homeDir, 'xdg-open')
  await writeFile(browser, `#!/bin/sh\nprintf '%s' "$*" >${asked}.new; mv ${asked}.new ${asked}\n`)
  await chmod(browser, 0o755)
  answer = (_request, response) => {
    response.end(JSON.stringify(project))
  }
  const more = { ...environment(), PATH: `${ada.homeDir}:${systemPath}` }
  const piped = await ada.run(['open', 'harbour'], { environment: more })
  expect(piped.stdout).toBe('http://harbour.localhost/\n')
  await expect(readFile(asked)).rejects.toThrow('ENOENT')
  await ada.runOnTerminal(['open', 'harbour'], { environment: more })
  const untilAsked = async (): Promise<string> => {
    for (;;) {
      const text = await readFile(asked, 'utf8').catch(() => null)
      if (text !== null) return text
      await new Promise((again) => setTimeout(again, 10))
    }
  }
  expect(await untilAsked()).toBe('http://harbour.localhost/')
})

test('a reader that has read enough ends it without a word', async () => {
  answer = (_request, response) => {
    const results = Array.from({ length: 5_000 }, () => ({ ...project, name: 'n'.repeat(100) }))
    response.end(JSON.stringify({ results, next: null }))
  }
  const { stdout, stderr } = await runCommand({
    program: 'sh',
    args: ['-c', '"$0" "$@" | head -n 1', process.execPath, cliProgram, 'projects'],
    environment: { ...ada.environment, ...environment() },
    timeoutMs: patienceMs,
  })
  expect(stdout.toString('utf8')).toMatch(/^PROJECT .*\n$/)
  expect(stderr).toBe('')
})

test('what answers as no Slipway does is told apart from one that is away', async () => {
  const run = () => ada.run(['status', 'harbour'], { environment: environment() })
  answer = (_request, response) => {
    response.writeHead(301, { location: 'https://deploy.example.org/' }).end()
  }
  const sent = await run()
  expect(sent.exitCode).toBe(5)
  expect(sent.stderr).toContain('It sends to https://deploy.example.org/.')
  answer = (_request, response) => {
    response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>')
  }
  expect((await run()).stderr).toContain('something in front of it answers 502')
  answer = (_request, response) => {
    response.end('<h1>Welcome to nginx!</h1>')
  }
  const foreign = await run()
  expect(foreign.stderr).toContain('does not answer as Slipway does')
  expect(foreign.stderr).not.toContain('    at ')
})

test.each(['localhost', 'deploy.localhost', 'a.b.LOCALHOST'])(
  'a server at %s is one of this machine, whatever the resolver says',
  async (host) => {
    for (const [address, family] of [
      ['127.0.0.1', 'IPv4'],
      ['::1', 'IPv6'],
    ] as const) {
      // Nobody has it at the other address either, where the command may look first.
      const port = await findFreePort()
      const hosts: unknown[] = []
      const own = createServer(({ headers }, response) => {
        hosts.push(headers.host)
        response.end(JSON.stringify({ results: [project], next: null }))
      }).listen(port, address)
      // A machine may have no IPv6.
      const isListening = await once(own, 'listening').then(
        () => true,
        () => false,
      )
      if (!isListening) continue
      const outcome = await ada.run(['projects', '--url', `http://${host}:${port}`], {
        environment: environment(),
      })
      own.closeAllConnections()
      own.close()
      expect([family, outcome.stderr, outcome.exitCode]).toEqual([family, '', 0])
      expect(hosts).toEqual([`${host.toLowerCase()}:${port}`])
    }
  },
)

test('a deployment is asked for once, also where the answer is lost on its way', async () => {
  const keys: unknown[] = []
  answer = ({ headers }, response) => {
    keys.push(headers['idempotency-key'])
    if (keys.length === 1) response.destroy()
    else {
      response.writeHead(202, { location: '/api/v1/runtime/projects/harbour/deployments/3/' })
      response.end('{}')
    }
  }
  const { exitCode } = await ada.run(['redeploy', 'harbour', '--no-wait'], {
    environment: environment(),
  })
  expect(exitCode).toBe(0)
  expect(keys).toHaveLength(2)
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/)
  expect(keys[1]).toBe(keys[0])
})

test('every page of a list is asked for', async () => {
  answer = ({ url: path = '' }, response) => {
    const cursor = new URL(path, url).searchParams.get('cursor')
    const page = cursor === null ? ['one', 'two'] : cursor === 'two' ? ['three'] : []
    const results = page.map((slug) => ({ ...project, slug }))
    response.end(JSON.stringify({ results, next: cursor === null ? 'two' : null }))
  }
  const { stdout } = await ada.run(['projects'], { environment: environment() })
  expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual([
    'PROJECT',
    'one',
    'two',
    'three',
    '',
  ])
})

test('the line at the bottom is cut to the width of the terminal and makes room for others', () => {
  let [out, err] = ['', '']
  const terminal = new Terminal(
    {
      out: () => ({ write: (text) => (out += text), isTTY: true }),
      err: () => ({ write: (text) => (err += text), isTTY: true, columns: 8 }),
    },
    { NO_COLOR: '1' },
  )
  terminal.note('building now')
  terminal.out('a line\n')
  terminal.note('')
  expect(out).toBe('a line\n')
  expect(err).toBe('buildi…\r\u001b[Kbuildi…\r\u001b[K')
})

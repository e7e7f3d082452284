/** What is told about the commands, and what is done with words that are none. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { groups } from '../../src/cli/command.ts'
import { commandRows, commandsElsewhere } from '../../src/cli/commands.ts'
import { exitCodes } from '../../src/cli/exit-code.ts'
import { parseWords } from '../../src/cli/program.ts'
import { Terminal } from '../../src/cli/terminal.ts'

async function parse(...words: readonly string[]) {
  const printed = { out: '', err: '' }
  const terminal = new Terminal(
    {
      out: () => ({ write: (text) => (printed.out += text) }),
      err: () => ({ write: (text) => (printed.err += text) }),
    },
    {},
  )
  const parts = { rows: commandRows, elsewhere: commandsElsewhere, version: '1.2.3', terminal }
  const called = await parseWords(words, parts)
  return { ...printed, called }
}

const names = commandRows.map(({ usage }) => usage.replace(/ [<[].*/, ''))

test('the help names every command in its group, with examples and exit codes', async () => {
  const { out, err, called } = await parse('--help')
  for (const name of names.filter((one) => !one.includes(' '))) {
    expect(out).toMatch(new RegExp(`^  ${name} `, 'm'))
  }
  for (const title of [...groups, 'Examples:']) {
    expect(out).toContain(`\n${title}\n`)
  }
  expect(out).toContain('5 server out of reach')
  expect(out).not.toContain('fsck')
  expect({ err, called }).toEqual({ err: '', called: exitCodes.done })
})

test.each(names)('slipway %s --help shows what it does and examples of it', async (name) => {
  const { out, called } = await parse(...name.split(' '), '--help')
  expect(called).toBe(exitCodes.done)
  expect(out).toContain(commandRows.find(({ usage }) => usage.startsWith(name))?.summary)
  expect(out).toMatch(new RegExp(`Examples:\\n  slipway ${name}`))
  expect(out).toContain('--json')
  // Broken by hand, a line would be broken once more by the width of the terminal.
  expect(commandRows.filter(({ about }) => about?.includes('\n'))).toEqual([])
})

test.each(commandRows.flatMap(({ examples }) => examples.map(([typed]) => typed)))(
  'the example slipway %s is one',
  async (typed) => {
    const words = typed.replace(/ [<|] .*/, '').match(/"[^"]*"|\S+/g) ?? []
    const { called, err } = await parse(...words.map((word) => word.replaceAll('"', '')))
    expect(err).toBe('')
    expect(called).toMatchObject({ row: { summary: expect.any(String) } })
  },
)

const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8')
test.each(readme.match(/^slipway .*$/gm) ?? [])(
  'what the README says is a command: %s',
  async (line) => {
    const words = line.replace(/ +#.*/, '').match(/"[^"]*"|\S+/g) ?? []
    const { called } = await parse(...words.slice(1).map((word) => word.replaceAll('"', '')))
    expect(called).toMatchObject({ row: { summary: expect.any(String) } })
  },
)

test.each(Object.entries(commandsElsewhere))(
  'slipway %s says what to use instead',
  async (name, remedy) => {
    const { err, called } = await parse(name, '--some', 'words')
    expect(err).toContain(`"slipway ${name}" is not part of this command.\n  ${remedy}`)
    expect(called).toBe(exitCodes.usage)
  },
)

test('options are taken before and behind the command', async () => {
  for (const words of [
    ['--json', '--url', 'https://x', 'status', 'harbour'],
    ['status', 'harbour', '--url', 'https://x', '--json'],
    ['--url', 'status', 'status', 'harbour', '--json', '--url', 'https://x'],
  ]) {
    const { called } = await parse(...words)
    expect(called).toMatchObject({
      row: { usage: 'status [project]' },
      values: ['harbour'],
      options: { json: true, url: 'https://x' },
    })
  }
  // The value of an option that is also a command is no command.
  expect((await parse('--url', 'status', 'projects')).called).toMatchObject({
    row: { usage: 'projects' },
  })
})

test.each([
  ['statsu', 'there is no "slipway statsu".\n  Did you mean: slipway status\n'],
  ['nope', 'there is no "slipway nope".\n  Did you mean: slipway open\n'],
  ['xyzzyx', 'there is no "slipway xyzzyx".\n  slipway --help shows all commands.\n'],
  ['help statsu', 'there is no "slipway statsu".\n  Did you mean: slipway status\n'],
  ['help env sett', 'there is no "slipway env sett".\n  Did you mean: slipway env set\n'],
  ['env sett KEY', 'there is no "slipway env sett KEY".\n  Did you mean: slipway env set\n'],
  ['domains ad x', 'there is no "slipway domains ad x".\n  Did you mean: slipway domains add\n'],
  ['projects nope', '"slipway projects" takes no "nope".\n  slipway projects --help shows how.\n'],
  ['projects create', '"slipway projects" takes no "create".\n  Did you mean: slipway create\n'],
  ['status a b', '"slipway status" takes no "b".\n  slipway status --help shows how.\n'],
  ['schema put x y', '"slipway schema put" takes no "y".\n  slipway schema put --help'],
  ['--json statsu', 'Did you mean: slipway status\n'],
])('slipway %s says what is unknown, and what comes near', async (line, told) => {
  const { out, err, called } = await parse(...line.split(' '))
  expect(err).toMatch(/^slipway: /)
  expect(err).toContain(told)
  expect({ out, called }).toEqual({ out: '', called: exitCodes.usage })
})

test('what was mistyped can not move the cursor', async () => {
  const { err } = await parse('pro\u001b[2Jjects')
  expect(err).toContain('there is no "slipway projects".')
})

test.each(['env set', 'projects', 'fsck'])('slipway help %s is its help', async (name) => {
  const { out, called } = await parse('help', ...name.split(' '))
  expect(out).toContain(`Usage: slipway ${name} `)
  expect(called).toBe(exitCodes.done)
})

test.each([
  [[], 'Usage: slipway'],
  [['create'], "missing required argument 'name'"],
  [['status', '--frobnicate'], "unknown option '--frobnicate'"],
  [['tokens', 'create', 'ci', '--scope', 'god'], 'Allowed choices are deploy, read'],
  [['create', 'x', '--framework', 'cobol'], 'Allowed choices are react, vue'],
  [['logs', '--deployment'], 'argument missing'],
])('wrong usage %j is told and ends with 2', async (words, told) => {
  const { out, err, called } = await parse(...words)
  expect(err).toContain(told)
  expect({ out, called }).toEqual({ out: '', called: exitCodes.usage })
})

test('the version is told', async () => {
  expect(await parse('--version')).toMatchObject({ out: '1.2.3\n', called: exitCodes.done })
})

import { expect, test } from 'vitest'
import { buildProgramCommand, buildProgramSandboxOptions } from '../../src/build/program-sandbox.ts'

const text = (...readable: readonly string[]): string =>
  buildProgramSandboxOptions({ readable }, '/opt/slipway/node').join(' ')

test('a program has every namespace of its own, no network and no capability', () => {
  expect(text()).toMatch(
    /^--unshare-user --unshare-all --disable-userns --die-with-parent --new-session --cap-drop ALL/,
  )
  expect(text()).toContain('--clearenv')
  expect(text()).not.toMatch(/--share-net|--setenv|\/etc/)
})

test('a program can write nowhere', () => {
  expect(text('/srv/src')).not.toContain('--bind ')
  expect(text('/srv/src')).toMatch(/--remount-ro \/dev .*--remount-ro \/$/)
})

test('a program reads what it is given, at its own place, and Node', () => {
  expect(text('/srv/src', '/srv/package.json')).toContain(
    '--ro-bind /srv/src /srv/src --ro-bind /srv/package.json /srv/package.json',
  )
  expect(text()).toContain('--ro-bind /opt/slipway/node /opt/node/bin/node')
})

test('what lies in /usr is there already', () => {
  expect(text('/usr/lib/slipway/src')).not.toContain('slipway/src')
})

test('Node is told how much memory it may use', () => {
  const program = { script: '/srv/src/w.ts', args: ['a b'], memoryBytesMax: 256 * 1024 ** 2 }
  expect(buildProgramCommand(program, null)).toEqual([
    '/opt/node/bin/node',
    '--max-old-space-size=256',
    '/srv/src/w.ts',
    'a b',
  ])
  expect(buildProgramCommand(program, '/opt/slipway/node')[0]).toBe('/opt/slipway/node')
})

/** What git prints when it did not do what it was asked, and what that means to a watched folder. */
import { expect, test } from 'vitest'
import { readPushFailure } from '../../src/watch/push-failure.ts'

const porcelain = (line: string): Error =>
  new Error(`To http://127.0.0.1:7080/shop.git\n${line}\nDone\nerror: failed to push some refs`)
const refs = 'abc:refs/heads/main'

test.each([
  `!\t${refs}\t[rejected] (fetch first)`,
  `!\t${refs}\t[rejected] (non-fast-forward)`,
  `!\t${refs}\t[remote rejected] (main was moved by another push meanwhile.)`,
  `!\t${refs}\t[remote rejected] (cannot lock ref 'refs/heads/main': is at 1 but expected 2)`,
])('somebody else was faster: %s', (line) => {
  expect(readPushFailure(porcelain(line))).toEqual({ kind: 'moved' })
})

test('what the server has declined is told by its reason', () => {
  const line = `!\t${refs}\t[remote rejected] (npm run build ended with exit code 1.)`
  expect(readPushFailure(porcelain(line))).toEqual({
    kind: 'declined',
    reason: 'npm run build ended with exit code 1.',
  })
})

test.each([
  "fatal: unable to access 'http://h/x.git/': Failed to connect to h port 80 after 0 ms",
  "fatal: unable to access 'https://h/x.git/': Could not resolve host: h",
  "fatal: unable to access 'https://h/x.git/': The requested URL returned error: 503",
  'error: RPC failed; curl 18 transfer closed\nfatal: the remote end hung up unexpectedly',
])('it is worth another try: %s', (text) => {
  expect(readPushFailure(new Error(text))).toMatchObject({ kind: 'away' })
})

test.each([
  ["fatal: repository 'http://h/x.git/' not found", "repository 'http://h/x.git/' not found"],
  [
    "fatal: Authentication failed for 'http://h/x.git/'",
    "Authentication failed for 'http://h/x.git/'",
  ],
  [
    "remote: This token may not push.\nfatal: unable to access 'http://h/x.git/': The requested URL returned error: 403",
    'This token may not push.',
  ],
  ['', 'git has failed'],
])('it would be the same another time: %s', (text, reason) => {
  expect(readPushFailure(new Error(text))).toEqual({ kind: 'refused', reason })
})

import { expect, test } from 'vitest'
import { explainFailure } from '../../src/domain/failure-causes.ts'

const mismatch = [
  'npm error code EUSAGE',
  'npm error',
  'npm error `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. Please update your lock file with `npm install` before continuing.',
  'npm error',
  'npm error Missing: left-pad@1.3.0 from lock file',
]
const unavailable = [
  'npm error code E503',
  'npm error 503 Service Unavailable - GET http://127.0.0.1:4873/left-pad',
]

test('a lock file that does not fit is named', () => {
  expect(explainFailure(mismatch, 'install')?.code).toBe('lockfile_mismatch')
})

test('a registry that is down is named, with what it said', () => {
  expect(explainFailure(unavailable, 'install')).toEqual({
    code: 'registry_unreachable',
    line: '503 Service Unavailable - GET http://127.0.0.1:4873/left-pad',
  })
  for (const code of [
    'ECONNRESET',
    'ETIMEDOUT',
    'EAI_AGAIN',
    'ENOTFOUND',
    'ECONNREFUSED',
    'E429',
  ]) {
    const cause = { code: 'registry_unreachable', line: `code ${code}` }
    expect(explainFailure([`npm error code ${code}`], 'install')).toEqual(cause)
  }
})

test('a package that does not exist is no fault of the registry', () => {
  const lines = [
    'npm error code E404',
    "npm error 404  'no-such-thing@1.0.0' is not in this registry.",
  ]
  expect(explainFailure(lines, 'install')).toBe(null)
})

test('a failing install script is no fault of the registry, whatever it talks about', () => {
  const lines = ['npm error code 1', 'npm error command sh -c node fetch.js', 'ENOTFOUND']
  expect(explainFailure(lines, 'install')).toBe(null)
})

test('a build that asks for the network is told that it has none', () => {
  const cases = [
    'Error: getaddrinfo ENOTFOUND cms.example.org',
    'TypeError: fetch failed: getaddrinfo EAI_AGAIN api.example.org',
    'Error: connect ECONNREFUSED 127.0.0.1:8000',
    'Error: connect ENETUNREACH 192.0.2.1:443',
    'curl: (6) Could not resolve host: example.org',
  ]
  for (const line of cases) {
    expect(explainFailure([line], 'build')).toEqual({ code: 'network_denied', line })
  }
})

test('any other failure has no known cause', () => {
  expect(explainFailure(['npm error code E503'], 'build')).toBe(null)
  expect(explainFailure([], 'build')).toBe(null)
  expect(explainFailure([], 'install')).toBe(null)
})

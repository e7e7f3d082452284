import { describe, expect, test } from 'vitest'
import { createMask, parseVariableName } from '../../src/domain/variables.ts'

describe('the name of a variable', () => {
  test.each(['A', '_', 'API_BASE', 'VITE_API_URL', 'X9', 'A'.repeat(255), 'PATH_TO', 'SLIPWAY'])(
    '%s is taken',
    (name) => {
      expect(parseVariableName(name)).toBe(name)
    },
  )

  test.each(['', 'a', 'A-B', '9A', 'Ä', 'A B', 'A=', 'A\n', '__proto__', 'A'.repeat(256)])(
    '"%s" is none',
    (name) => {
      expect(() => parseVariableName(name)).toThrow('is no name of a variable')
    },
  )

  test.each([
    'PATH',
    'HOME',
    'NODE_OPTIONS',
    'NODE_ENV',
    'CI',
    'SLIPWAY_URL',
    'SLIPWAY_',
    'LD_PRELOAD',
    'NPM_CONFIG_REGISTRY',
    'HTTPS_PROXY',
  ])('%s is not for projects to set', (name) => {
    expect(() => parseVariableName(name)).toThrow('given by Slipway, or belongs to the tools')
  })
})

describe('values of variables', () => {
  test('are hidden wherever they stand in a line', () => {
    const mask = createMask(['s3cret', 'https://x.example/?a=1&b=(2)'])
    expect(mask('s3cret')).toBe('[hidden]')
    expect(mask('key=s3cret, again s3crets3cret')).toBe('key=[hidden], again [hidden][hidden]')
    expect(mask('GET https://x.example/?a=1&b=(2)#x')).toBe('GET [hidden]#x')
    expect(mask('S3CRET and s3cre')).toBe('S3CRET and s3cre')
  })

  test('are hidden whole, where one is a part of another', () => {
    expect(createMask(['abcd', 'abcdefgh'])('abcdefgh abcd')).toBe('[hidden] [hidden]')
  })

  test('that are shorter than four characters would be found in every line, and are not', () => {
    expect(createMask(['1', 'on', 'abc', ''])('1 on abc')).toBe('1 on abc')
  })

  test('of several lines are hidden line by line', () => {
    const mask = createMask(['-----BEGIN KEY-----\nMIIBVAIB\r\n  x\n\nlast line'])
    expect(mask('MIIBVAIB')).toBe('[hidden]')
    expect(mask('> last line <')).toBe('> [hidden] <')
    expect(mask('')).toBe('')
  })

  test('with a tabulator or a control character are found as a log shows them', () => {
    expect(createMask(['left\tright'])('left    right')).toBe('[hidden]')
    expect(createMask(['\u001b[31mpassword'])('[31mpassword')).toBe('[hidden]')
  })

  test('are hidden at the end of a line that was cut', () => {
    const value = 'x1y2'.repeat(1_000)
    const mask = createMask([value])
    expect(mask(`key: ${value.slice(0, 1_000)}…`)).toBe('key: [hidden]…')
    expect(mask('key: x1y2x…')).toBe('key: [hidden]…')
    expect(mask('key: x1y3…')).toBe('key: x1y3…')
  })

  test('with marks of patterns and replacements are taken as text', () => {
    expect(createMask(['$&$1.*'])('a $&$1.* b')).toBe('a [hidden] b')
    expect(createMask(['a.*b'])('a to b')).toBe('a to b')
  })
})

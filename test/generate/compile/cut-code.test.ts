import { expect, test } from 'vitest'
import { cutAtAddresses } from '../../../src/generate/compile/cut-code.ts'

test('code is cut where it names other files, and nowhere else', () => {
  const code =
    'import r,{a as b,c}from"react";import{d}from"#kit";import"./kit/style.css";' +
    'const e=()=>import(`#page/src/tables/A/List.tsx`),f=`import"./f.ts"`,g="from \'./g.ts\'";'
  expect(cutAtAddresses('x', code).pieces).toEqual([
    '',
    {
      kind: 'package',
      specifier: 'react',
      names: [
        { imported: 'default', local: 'r' },
        { imported: 'a', local: 'b' },
        { imported: 'c', local: 'c' },
      ],
    },
    '',
    { kind: 'package', specifier: '#kit', names: [{ imported: 'd', local: 'd' }] },
    '',
    'const e=()=>',
    { kind: 'page', path: 'src/tables/A/List.tsx' },
    ',f=`import"./f.ts"`,g="from \'./g.ts\'";',
  ])
})

test('places are right also behind letters that take two places of UTF-16 or three bytes', () => {
  const code = 'const a=`日本 👩‍👩‍👧 é`;import{b}from"b";'
  expect(cutAtAddresses('x', code).pieces).toEqual([
    'const a=`日本 👩‍👩‍👧 é`;',
    { kind: 'package', specifier: 'b', names: [{ imported: 'b', local: 'b' }] },
    '',
  ])
})

test.each([
  ['all of a package as one', 'import*as r from"react";r()', 'imports all of "react" as one'],
  ['a package that is exported on', 'export{a}from"react"', 'exports what is in "react"'],
  ['a whole package that is exported on', 'export*from"react"', 'exports what is in "react"'],
  ['a file whose name is computed', 'const f=x=>import(x)', 'imports what is no page'],
  ['a file whose name is joined', 'const f=x=>import(`#page/${x}`)', 'imports what is no page'],
  ['a package at run time', 'const f=()=>import("react")', 'imports what is no page'],
  ['what only a bundler knows', 'const f=import.meta.env.MODE', 'import.meta is left'],
  ['what is no code', 'const = 1', 'x: '],
])('a template that has %s is refused', (_, code, problem) => {
  expect(() => cutAtAddresses('x', code)).toThrow(problem)
})

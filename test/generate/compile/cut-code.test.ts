import { expect, test } from 'vitest'
import { cutAtAddresses } from '../../../src/generate/compile/cut-code.ts'

test('code is cut where it names other files, and nowhere else', () => {
  const code =
    'import{a as b}from"./a.ts";export{c}from"../c.ts";export*from"./d.ts";' +
    'const e=()=>import(`./e.tsx`),f=`import"./f.ts"`,g="from \'./g.ts\'";'
  expect(cutAtAddresses('x', code).pieces).toEqual([
    'import{a as b}from',
    { kind: 'file', specifier: './a.ts', isLazy: false },
    ';export{c}from',
    { kind: 'file', specifier: '../c.ts', isLazy: false },
    ';export*from',
    { kind: 'file', specifier: './d.ts', isLazy: false },
    ';const e=()=>import(',
    { kind: 'file', specifier: './e.tsx', isLazy: true },
    '),f=`import"./f.ts"`,g="from \'./g.ts\'";',
  ])
})

test('places are right also behind letters that take two places of UTF-16 or three bytes', () => {
  const code = 'const a=`日本 👩‍👩‍👧 é`;import{b}from"./b.ts";'
  expect(cutAtAddresses('x', code).pieces).toEqual([
    'const a=`日本 👩‍👩‍👧 é`;import{b}from',
    { kind: 'file', specifier: './b.ts', isLazy: false },
    ';',
  ])
})

test('an import from a package is cut as a whole, with the names on both sides', () => {
  expect(cutAtAddresses('x', 'import r,{a as b,c}from"react";r(b,c)').pieces).toEqual([
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
    'r(b,c)',
  ])
})

test('a style sheet is left out', () => {
  expect(cutAtAddresses('x', 'import"./kit/style.css";a()').pieces).toEqual(['', 'a()'])
})

test.each([
  ['all of a package as one', 'import*as r from"react";r()', 'imports all of "react" as one'],
  ['a package that is exported on', 'export{a}from"react"', 'exports what is in "react"'],
  ['a file whose name is computed', 'const f=x=>import(x)', 'no fixed name'],
  ['a file whose name is joined', 'const f=x=>import(`./${x}.ts`)', 'no fixed name'],
  ['a package at run time', 'const f=()=>import("react")', 'no fixed name'],
  ['what only a bundler knows', 'const f=import.meta.env.MODE', 'import.meta is left'],
  ['what is no code', 'const = 1', 'x: '],
])('a template that has %s is refused', (_, code, problem) => {
  expect(() => cutAtAddresses('x', code)).toThrow(problem)
})

/** What a `schema.json` may not hold, and how each mistake is told. */
import { describe, expect, test } from 'vitest'
import { limits } from '../../../src/domain/limits.ts'
import { checkSchema, type SchemaProblem } from '../../../src/domain/schema/check-schema.ts'
import { InvalidSchema, parseSchema } from '../../../src/domain/schema/parse-schema.ts'
import { manyTables } from '../../tools/many-tables.ts'

const plain = { name: 'title', type: 'string' }

function problemsOf(schema: unknown): readonly SchemaProblem[] {
  const check = checkSchema(typeof schema === 'string' ? schema : JSON.stringify(schema))
  return 'problems' in check ? check.problems : []
}

/** As `pointer: detail`. */
function told(schema: unknown): readonly string[] {
  return problemsOf(schema).map(({ pointer, detail }) => `${pointer}: ${detail}`)
}

function withField(field: object): object {
  return { tables: { notes: { fields: [plain, { name: 'it', type: 'string', ...field }] } } }
}

describe('a field', () => {
  const it = '/tables/notes/fields/1'
  test.each<[string, object, string]>([
    ['of an unknown type', { type: 'strng' }, `${it}/type: is "strng" (did you mean "string"?).`],
    ['of a type that is no text', { type: 1 }, `${it}/type: is 1. The types are string, text,`],
    ['without a type', { type: null }, `${it}: has no "type". The types are string,`],
    ['without a name', { name: undefined }, `${it}: has no "name"`],
    ['with an empty name', { name: '' }, `${it}/name: is ""; a name has up to 63 of`],
    ['with a blank', { name: 'Nom de  l’été' }, `${it}/name: is "Nom de  l’été"; a name has up`],
    ['with a name of two lines', { name: 'a\nb' }, `${it}/name: is "a\\nb"; a name has`],
    ['with a name of 64 letters', { name: 'x'.repeat(64) }, `${it}/name: is "xxxx`],
    ['called id', { name: 'id' }, `${it}: is called "id", as the key that every row has`],
    ['called constructor', { name: 'constructor' }, `${it}/name: is "constructor", which can not`],
    [
      'called __proto__',
      { name: '__proto__' },
      `${it}/name: is "__proto__", which can not be used`,
    ],
    ['called as another', { name: 'title' }, `${it}/name: is "title", as an earlier field is`],
    [
      'with a label of two lines',
      { label: 'a\nb' },
      `${it}/label: is "a\\nb"; it must be one line`,
    ],
    [
      'with a label cut by U+2028',
      { label: 'a\u2028b' },
      `${it}/label: is "a\\u2028b"; it must be`,
    ],
    [
      'with an escape in its label',
      { label: '\u001b[2J' },
      `${it}/label: is "\\u001b[2J"; it must`,
    ],
    ['with a long label', { label: 'x'.repeat(201) }, `${it}/label: has 201 characters; there may`],
    ['with a label of another kind', { label: ['x'] }, `${it}/label: is a list; it must be text`],
    [
      'with a NUL in its help',
      { help_text: '\u0000' },
      `${it}/help_text: is "\\u0000"; it must not`,
    ],
    [
      'required in words',
      { required: 'yes' },
      `${it}/required: is "yes"; it must be true or false`,
    ],
    ['of no length', { max_length: 0 }, `${it}/max_length: is 0; it must be at least 1`],
    ['of half a letter', { max_length: 1.5 }, `${it}/max_length: is 1.5; it must be an integer`],
    ['of a length in words', { max_length: '9' }, `${it}/max_length: is "9"; it must be a number`],
    [
      'with min over max',
      { type: 'integer', min: 5, max: 4 },
      `${it}/max: is 4, which is less than`,
    ],
    [
      'with max below what its type allows',
      { type: 'PositiveIntegerField', max_value: -1 },
      `${it}/max_value: is -1, which is less than the smallest, 0`,
    ],
    [
      'with more places than digits',
      { type: 'decimal', decimal_places: 3, max_digits: 2 },
      `${it}/decimal_places: is 3, which is more than max_digits, 2`,
    ],
    ['related to nothing', { type: 'relation' }, `${it}: has no "to"; a relation names the table`],
    [
      'related to a stranger',
      { type: 'ForeignKey', to: 'note' },
      `${it}/to: there is no table "note"`,
    ],
    [
      'related to a stranger by another word',
      { type: 'relations', related_table: 'x' },
      `${it}/rel`,
    ],
    ['that is a choice of nothing', { type: 'choice' }, `${it}: is a choice and has no "choices"`],
    ['with a word for choices', { choices: 'a,b' }, `${it}/choices: is "a,b"; it must be a list`],
    [
      'with a choice twice',
      { choices: ['a', 'b', 'a'] },
      `${it}/choices/2: has the value "a" again`,
    ],
    ['with 1 and "1"', { choices: [1, ['1', 'One']] }, `${it}/choices/1: has the value "1" again`],
    [
      'with half a pair',
      { choices: [['a']] },
      `${it}/choices/0: is a list of 1; a choice is [value`,
    ],
    ['with a choice of no value', { choices: [{ label: 'A' }] }, `${it}/choices/0: has no "value"`],
    [
      'with a truth to choose',
      { choices: [[true, 'Yes']] },
      `${it}/choices/0/0: is true; it must be`,
    ],
    [
      'with a group of choices',
      { choices: [['A', [['a', 'b']]]] },
      `${it}/choices/0/1: is a list;`,
    ],
    ['with a choice on two lines', { choices: [['a', 'b\n']] }, `${it}/choices/0/1: is "b\\n"; it`],
    [
      'spelled in camels',
      { readOnly: true },
      `${it}/readOnly: is not known here (did you mean "read_`,
    ],
    [
      'with a slip',
      { requred: true },
      `${it}/requred: is not known here (did you mean "required"?)`,
    ],
    [
      'with a slip in a short word',
      { lable: 'x' },
      `${it}/lable: is not known here (did you mean "l`,
    ],
  ])('%s', (_what, field, mistake) => {
    const [first, ...others] = told(withField(field))
    expect(first).toContain(mistake)
    expect(others).toEqual([])
  })

  test('with many choices', () => {
    const choices = Array.from({ length: limits.schemaChoicesMax + 1 }, (_, index) => index)
    expect(told(withField({ choices }))).toEqual([
      `${it}/choices: has 501 entries; there may be 500`,
    ])
    expect(told(withField({ choices: choices.slice(1) }))).toEqual([])
  })
})

describe('a default', () => {
  test.each<[string, unknown, object, string]>([
    ['string', 7, {}, 'is 7; it must be text'],
    ['string', 'a\nb', {}, 'it must be text of at most 2,000 characters, on one line'],
    ['string', 'abc', { max_length: 2 }, 'is "abc" with 3 characters; max_length is 2'],
    ['text', 'x'.repeat(2_001), {}, 'it must be text of at most 2,000 characters'],
    ['integer', 1.5, {}, 'it must be an integer'],
    ['integer', '1', {}, 'it must be an integer'],
    ['integer', '', {}, 'it must be an integer'],
    ['integer', 12_345_678_901_234_567_000, {}, 'it must be an integer'],
    ['integer', 7, { max: 6 }, 'is 7; the largest number is 6'],
    ['PositiveIntegerField', -1, {}, 'is -1; the smallest number is 0'],
    ['decimal', '1,5', {}, 'it must be a number'],
    ['decimal', '9.5', { max_value: 9 }, 'the largest number is 9'],
    ['boolean', 'true', {}, 'it must be true or false'],
    ['date', '2026-02-30', {}, 'it must be a date, such as'],
    ['DateField', 'today', {}, 'it must be a date, such as'],
    ['datetime', '2026-11-25', {}, 'it must be a date and a time'],
    ['time', '25:00', {}, 'it must be a time'],
    ['email', 'nobody', {}, 'it must be an e-mail address'],
    ['url', 'javascript:alert(1)', {}, 'it must begin with http'],
    ['uuid', '12', {}, 'it must be a UUID'],
    ['json', 'x'.repeat(2_001), {}, 'characters of JSON'],
    ['choice', 'c', { choices: ['a', 'b'] }, 'is "c"; it must be one of "a", "b"'],
    ['choice', '1', { choices: [1] }, 'is "1"; it must be one of 1'],
    ['relation', { id: 1 }, { to: 'notes' }, 'it must be the id of a row'],
    ['relations', 1, { to: 'notes' }, 'it must be a list of ids'],
    ['file', 'a.pdf', {}, 'a file has no default'],
    ['image', 'a.png', {}, 'a file has no default'],
  ])('of %s is not %j', (type, value, ...[others, mistake]) => {
    const [first, ...more] = told(withField({ type, default: value, ...others }))
    expect(first).toContain('/tables/notes/fields/1/default: ')
    expect(first).toContain(mistake)
    expect(more).toEqual([])
  })

  test.each<[string, unknown, object]>([
    ['string', 'abc', { max_length: 3 }],
    ['string', '😀😀', { max_length: 2 }],
    ['text', 'a\nb\u2028', {}],
    ['integer', -3, { min: -3 }],
    ['float', 0.5, {}],
    ['decimal', '-0.50', { min: -1 }],
    ['boolean', false, {}],
    ['date', '2024-02-29', {}],
    ['datetime', '2026-11-25T21:40:00+01:00', {}],
    ['time', '23:59:59', {}],
    ['email', 'a@example.org', {}],
    ['url', 'http://localhost:8000/', {}],
    ['uuid', '6F1C2D3E-4A5B-4C6D-8E7F-9A0B1C2D3E4F', {}],
    ['json', [{ a: null }], {}],
    ['json', '', {}],
    ['choice', 1, { choices: [1] }],
    ['relation', 12, { to: 'notes' }],
    ['relations', [1, 'a'], { to: 'notes' }],
  ])('of %s may be %j', (type, value, others) => {
    const check = checkSchema(JSON.stringify(withField({ type, default: value, ...others })))
    expect(check).toMatchObject({
      schema: { tables: [{ fields: [{}, { default: value }] }] },
    })
  })

  test.each(['string', 'date', 'choice', 'email'])('of %s that is empty says nothing', (type) => {
    const given = withField({ type, default: '', ...(type === 'choice' && { choices: ['a'] }) })
    const check = checkSchema(JSON.stringify(given))
    expect(check).toMatchObject({ schema: { tables: [{ fields: [{}, { default: null }] }] } })
  })
})

describe('tables', () => {
  const fields = [plain]
  test.each<[string, unknown, readonly string[]]>([
    ['that are missing', {}, [': has no "tables"']],
    ['that are none', { tables: {} }, ['/tables: has no table; an app needs one']],
    ['in a list', { tables: [] }, ['/tables: is a list; it must be an object: tables by name']],
    ['that are no object', { tables: { a: 7 } }, ['/tables/a: is 7; it must be an object']],
    ['without fields', { tables: { a: {} } }, ['/tables/a: has no "fields"']],
    [
      'with no field',
      { tables: { a: { fields: [] } } },
      ['/tables/a/fields: has no field; it needs'],
    ],
    [
      'with the key alone',
      { tables: { a: { fields: { id: { type: 'AutoField' } } } } },
      ['/tables/a/fields: has no field beside "id"; it needs one'],
    ],
    [
      'with words for fields',
      { tables: { a: { fields: 'x' } } },
      ['/tables/a/fields: is "x"; it must'],
    ],
    [
      'with a word for a field',
      { tables: { a: { fields: ['x'] } } },
      ['/tables/a/fields/0: is "x"; it'],
    ],
    [
      'of the same component',
      { tables: { user_group: { fields }, UserGroup: { fields }, user_GROUP: { fields } } },
      [
        '/tables/UserGroup: would be the component UserGroup, as "user_group" is',
        '/tables/user_GROUP: would be the component UserGROUP, as "user_group" is',
      ],
    ],
    [
      'with a name for people',
      { tables: { 'Clients VIP': { fields } } },
      ['/tables/Clients VIP: is "Clients VIP"; a name has up to 63 of A-Z, a-z, 0-9 and _'],
    ],
    [
      'that lead up',
      { tables: { '..': { fields } } },
      ['/tables/..: is ".."; a name has up to 63'],
    ],
    ['in Arabic', { tables: { عملاء: { fields } } }, ['/tables/عملاء: is "عملاء"; a name has up']],
    [
      'called toString',
      { tables: { toString: { fields } } },
      ['/tables/toString: is "toString", whic'],
    ],
    [
      'with a slip',
      { tabels: {} },
      ['/tabels: is not known here (did you mean "tables"?)', 'has no'],
    ],
    [
      'whose fields are named twice',
      { tables: { a: { fields: { b: { name: 'c', type: 'text' } } } } },
      ['/tables/a/fields/b/name: is "c", and the field stands under "b"'],
    ],
    [
      'whose fields have no names by key',
      { tables: { a: { fields: { 'b c': { type: 'text' }, constructor: { type: 'text' } } } } },
      [
        '/tables/a/fields/b c: is "b c"; a name',
        '/tables/a/fields/constructor: is "constructor", w',
      ],
    ],
  ])('%s', (_what, schema, mistakes) => {
    const found = told(schema).toSorted()
    expect(found).toHaveLength(mistakes.length)
    for (const mistake of mistakes) {
      expect(found).toEqual(expect.arrayContaining([expect.stringContaining(mistake)]))
    }
  })

  test('there may be 300 of them, and not 301 or 2,000', () => {
    expect(told(manyTables(300))).toEqual([])
    const slim = (count: number) => ({
      tables: Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, { fields }])),
    })
    expect(told(slim(300))).toEqual([])
    expect(told(slim(301))).toEqual(['/tables: has 301 tables; there may be 300'])
    expect(told(slim(2_000))).toEqual(['/tables: has 2,000 tables; there may be 300'])
  })

  test('of 201 fields are refused, and of 200 not', () => {
    const wide = (count: number) => ({
      tables: {
        a: { fields: Array.from({ length: count }, (_, i) => ({ name: `f${i}`, type: 'text' })) },
      },
    })
    expect(told(wide(200))).toEqual([])
    expect(told(wide(201))).toEqual(['/tables/a/fields: has 201 fields; there may be 200'])
  })
})

describe('the whole', () => {
  test.each<[string, unknown, string]>([
    ['that is empty', '', ': is no JSON: the text ends here'],
    ['that is a list', [], ': is a list; it must be an object that has "tables"'],
    [
      'of an unknown framework',
      { framework: 'svelte' },
      '/framework: is "svelte". It must be react',
    ],
    [
      'of a framework in capitals',
      { framework: 'React' },
      '/framework: is "React" (did you mean "re',
    ],
    [
      'in no language',
      { locale: 'français' },
      '/locale: is "français"; it must be a language, such',
    ],
    ['in a language that is none', { locale: 'en-a' }, '/locale: is "en-a", which is no language'],
    ['of a project that is a word', { project: 'x' }, '/project: is "x"; it must be an object'],
    [
      'of a project with a strange id',
      { project: { id: {} } },
      '/project/id: is an object; it must',
    ],
    [
      'of a project on two lines',
      { project: { name: 'a\nb' } },
      '/project/name: is "a\\nb"; it must',
    ],
  ])('%s', (_what, schema, mistake) => {
    const whole =
      typeof schema === 'object' && !Array.isArray(schema)
        ? { tables: { a: { fields: [plain] } }, ...schema }
        : schema
    expect(told(whole)).toEqual([expect.stringContaining(mistake)])
  })

  test('may have 1 MB and no byte more', () => {
    const text = JSON.stringify({ tables: { a: { fields: [plain] } } })
    expect(told(text.padEnd(limits.schemaBytesMax))).toEqual([])
    const [mistake] = told(text.padEnd(limits.schemaBytesMax + 1))
    expect(mistake).toBe(': has 1.0 MB; there may be 1,048,576 bytes')
    expect(told(`"${'é'.repeat(limits.schemaBytesMax / 2)}"`)).toEqual([mistake])
  })

  test('with a name of 1 MB is refused in few words', () => {
    const name = 'x'.repeat(1_000_000)
    for (const schema of [
      { tables: { [name]: { fields: [plain] } } },
      { tables: { a: { fields: { [name]: { type: 'x' } } } } },
      { tables: { a: { fields: [{ ...plain, to: name, type: 'relation', label: name }] } } },
      { framework: name, tables: { a: { fields: [{ ...plain, [name]: 1 }] } } },
    ]) {
      const problems = problemsOf(schema)
      expect(problems.length).toBeGreaterThan(0)
      expect(JSON.stringify(problems).length).toBeLessThan(2_000)
    }
  })

  test('is told with every mistake at once, in the order of the text', () => {
    const text = JSON.stringify(
      {
        framework: 'angular',
        tables: {
          customers: {
            fields: [{ name: 'country', type: 'relation', to: 'countrys' }, { type: 'x' }],
          },
          countries: { label: 7, fields: { name: { type: 'string', max_length: -1 } } },
        },
      },
      null,
      2,
    )
    expect(problemsOf(text).map(({ line, column, pointer }) => [line, column, pointer])).toEqual([
      [2, 16, '/framework'],
      [9, 17, '/tables/customers/fields/0/to'],
      [11, 9, '/tables/customers/fields/1'],
      [12, 19, '/tables/customers/fields/1/type'],
      [17, 16, '/tables/countries/label'],
      [21, 25, '/tables/countries/fields/name/max_length'],
    ])
    expect(told(text)[1]).toContain('there is no table "countrys" (did you mean "countries"?)')
  })

  test('lists 50 mistakes and counts the others', () => {
    const fields = Array.from({ length: 70 }, (_, index) => ({ name: `f${index}`, type: 'x' }))
    const check = checkSchema(JSON.stringify({ tables: { a: { fields } } }))
    expect(check).toMatchObject({ unlisted: 20 })
    expect('problems' in check && check.problems.length).toBe(50)
  })
})

describe('parseSchema', () => {
  const text =
    '{\n  "tables": {\n    "a": {"fields": [{"name": "b", "type": "relation", "to": "A"}]}\n}}'

  test('throws what a pusher reads: file, line, column, pointer and what is wrong', () => {
    const error = catchError(() => parseSchema(text))
    expect(error.lines).toEqual([
      'schema.json:3:62  /tables/a/fields/0/to  there is no table "A" (did you mean "a"?)',
    ])
    expect(error).toMatchObject({ code: 'schema_invalid', kind: 'bad_input' })
    expect(error.message).toContain(error.lines[0])
  })

  test('names the file that it was, and how many mistakes there are beside the first', () => {
    const other = text.replace('"name": "b", ', '')
    const error = catchError(() => parseSchema(other, { file: 'shop.schema.json' }))
    expect(error.message).toMatch(
      /^shop\.schema\.json:3:22 {2}\/tables\/a\/fields\/0 .*\(and 1 more\)/,
    )
    expect(error.lines).toHaveLength(2)
  })

  test('shows no line end and no escape of a terminal, wherever it stood', () => {
    const strange = { 'x\r\n': 1, name: '\u2028' }
    const related = { name: 'b', type: 'relation', to: '\u0007' }
    const hostile = { tables: { 'a\n\u001b[2J\u202e': { fields: [strange, related] } } }
    const { lines } = catchError(() => parseSchema(JSON.stringify(hostile)))
    expect(lines.length).toBeGreaterThan(2)
    for (const line of lines) expect(line).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}\u202e]+$/u)
  })
})

function catchError(act: () => unknown): InvalidSchema {
  try {
    act()
  } catch (error) {
    if (error instanceof InvalidSchema) return error
    throw error
  }
  throw new Error('it was taken')
}

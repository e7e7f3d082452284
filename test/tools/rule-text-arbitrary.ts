/** What strangers may write into `_headers` and `_redirects`: any text, and what is nearly right. */
import fc from 'fast-check'

const hostile = fc.constantFrom(
  ...'/|*|:a|:splat|$host|${host}|"|\'|\\|;|{|}|#|!|%|=|&|?|@|: |..|//|  |(a+)+|é|😀|X-A|! |200'.split(
    '|',
  ),
  ...'%00|%0d%0a|%2F|%24|302|301!|404|Set-Cookie|https://|http://a.b|return 200 x;'.split('|'),
  ...'\n|\r|\t|\0|\u0085|\u2028|\uFEFF|\uD800|}\nserver {'.split('|'),
)
const anyLine = fc.array(fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 6 })), {
  maxLength: 8,
})
/** Much of it is nearly right, since what is refused at its first word shows little. */
const nearlyHeaders = fc
  .array(fc.tuple(fc.constantFrom('/', '/a/*', '\n  X-A: ', '\n ! ', '\n/:a/'), anyLine))
  .map((lines) => lines.map(([start, parts]) => start + parts.join('')).join('\n'))
const nearlyRedirects = fc
  .array(
    fc.tuple(
      fc.constantFrom('/', '/a/*', '/:a/'),
      anyLine,
      fc.constantFrom(' /', ' https://a.b/'),
      anyLine,
    ),
  )
  .map((lines) => lines.map(([a, b, c, d]) => a + b.join('') + c + d.join('')).join('\n'))
export const anyRuleText = fc.oneof(fc.string({ unit: 'binary' }), nearlyHeaders, nearlyRedirects)

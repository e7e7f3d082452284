/** A static site of twenty small files, as people push them. */

export function staticSite(title: string): Readonly<Record<string, string>> {
  const pages = Array.from({ length: 12 }, (_, page) => [
    page === 0 ? 'index.html' : `page-${page}.html`,
    renderPage(`${title}, page ${page}`),
  ])
  const styles = Array.from({ length: 3 }, (_, style) => [
    `style-${style}.css`,
    `/* ${title} */\n${'p { margin: 0 0 1em; line-height: 1.5 }\n'.repeat(30)}`,
  ])
  const scripts = Array.from({ length: 3 }, (_, script) => [
    `script-${script}.js`,
    `// ${title}\n${'document.body.dataset.ready = "yes"\n'.repeat(30)}`,
  ])
  const icon = '<svg xmlns="http://www.w3.org/2000/svg"><circle r="8"/></svg>\n'
  return Object.fromEntries([
    ...pages,
    ...styles,
    ...scripts,
    ['icon.svg', icon],
    ['robots.txt', 'User-agent: *\nAllow: /\n'],
  ]) as Record<string, string>
}

export function renderPage(title: string): string {
  const paragraph =
    '<p>Boats leave the harbour at high water and come back with the next one.</p>\n'
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>${title}</title>
    <link rel="icon" href="/icon.svg" />
    <link rel="stylesheet" href="/style-0.css" />
    <script src="/script-0.js" defer></script>
  </head>
  <body>
    <h1>${title}</h1>
${paragraph.repeat(20)}  </body>
</html>
`
}

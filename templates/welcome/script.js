{
  document.documentElement.classList.add('scripted')
  const status = document.querySelector('[role=status]')

  for (const button of document.querySelectorAll('button')) {
    const code = button.parentElement.querySelector('code')
    const label = button.querySelector('.label')
    button.addEventListener('click', () => {
      void copy(code).then((isCopied) => {
        label.textContent = isCopied ? 'Copied' : 'Selected'
        status.textContent = isCopied ? 'Copied' : 'Selected: press Ctrl or Command and C to copy'
        setTimeout(() => {
          label.textContent = 'Copy'
          status.textContent = ''
        }, 2_000)
      })
    })
  }

  async function copy(code) {
    try {
      await navigator.clipboard.writeText(code.textContent)
      return true
    } catch {
      // Without HTTPS a page has no clipboard, or it may be denied: then as in the old days.
      getSelection().selectAllChildren(code)
      return document.execCommand('copy')
    }
  }
}

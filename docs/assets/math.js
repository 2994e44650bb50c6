// Formulas come out of Markdown as elements of class "arithmatex", \( ... \) or \[ ... \] inside; nothing else is typeset,
// so a $ in prose stays a $.
for (const formula of document.querySelectorAll(".arithmatex")) {
  const text = formula.textContent.trim()
  katex.render(text.slice(2, -2), formula, { displayMode: text.startsWith("\\["), throwOnError: false })
}

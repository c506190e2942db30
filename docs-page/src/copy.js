// Adds a copy button to each text, if the browser lets pages write to the clipboard.
for (const box of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  const text = box.querySelector("input, code");
  const button = document.createElement("button");
  button.type = "button";
  const name = (word) => {
    button.textContent = word;
    button.setAttribute("aria-label", `${word}: ${box.dataset.copy}`);
  };
  name("Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.value ?? text.textContent);
    name("Copied");
    setTimeout(name, 2000, "Copy");
  });
  box.append(button);
}

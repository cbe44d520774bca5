for (const figure of document.querySelectorAll("figure.times")) {
  const frames = figure.querySelectorAll("img"), bar = figure.querySelector("input"), time = figure.querySelector("output");
  const show = () => {
    frames.forEach((frame, k) => { frame.hidden = k !== Number(bar.value); });
    time.value = frames[bar.value].alt;
    bar.setAttribute("aria-valuetext", time.value);
  };
  bar.addEventListener("input", show);
  show();
  figure.hidden = false;
}
for (const film of document.querySelectorAll("details.film")) film.open = false;
